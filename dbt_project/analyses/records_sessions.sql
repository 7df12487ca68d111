{{ config(meta={'indicators': indicators_of(session_measures())}) }}
{{ measure_records(ref('int_session_measures'), "'online_sessions'", session_measures()) }}
