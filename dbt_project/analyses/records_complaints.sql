{{ config(meta={'indicators': indicators_of(complaint_measures())}) }}
{{ measure_records(ref('int_complaint_measures'), "'complaints'", complaint_measures()) }}
