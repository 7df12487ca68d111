{{ config(meta={'indicators': indicators_of(request_measures())}) }}
{{ measure_records(ref('int_request_measures'), "'service_requests'", request_measures()) }}
