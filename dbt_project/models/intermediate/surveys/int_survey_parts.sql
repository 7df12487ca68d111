{{ survey_parts(ref('int_survey_people'), ['quarter']) }}
