{{ config(meta={'indicators': indicators_of(appointment_measures())}) }}
{{ measure_records(ref('int_appointment_measures'), "'appointments'", appointment_measures()) }}
