{{ config(meta={'indicators': indicators_of(staff_measures())}) }}
{{ measure_records(ref('int_staff_measures'), "'staff'", staff_measures(), key='period', record='staff_id') }}
