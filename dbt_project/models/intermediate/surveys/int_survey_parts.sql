{{ survey_parts(ref('int_survey_measures'), ['quarter']) }}
