{{ config(meta={'indicators': indicators_of(visit_measures())}) }}
{{ measure_records(ref('int_visit_measures'), "'onsite_visits'", visit_measures()) }}
