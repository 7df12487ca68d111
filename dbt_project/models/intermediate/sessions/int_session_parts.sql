{{ measure_parts(
    ref('int_session_measures'),
    ['staff'],
    [
        {'id': 'P1-3', 'kind': 'rate', 'when': 'is_replied_in_time'},
        {'id': 'P1-3', 'variant': 'service_hours', 'kind': 'rate', 'of': 'not is_reported', 'when': 'is_replied_in_service_time'},
        {'id': 'P2-1b', 'kind': 'mean', 'of': 'is_live', 'value': 'reply_seconds', 'within': 'is_response_in_time', 'unknown': 'is_live is null'},
    ] + reported_measures('P1-3', 'is_replied_in_time')
) }}
