{{ measure_parts(
    ref('int_call_measures'),
    ['staff'],
    [
        {'id': 'P1-1', 'kind': 'rate', 'of': 'is_offered', 'when': 'is_answered', 'scopes': ['enterprise']},
        {'id': 'P1-1', 'variant': 'without_short_abandons', 'kind': 'rate', 'of': 'is_offered and not is_short_abandon', 'when': 'is_answered', 'scopes': ['enterprise']},
        {'id': 'P1-1', 'variant': 'out_of_hours', 'kind': 'rate', 'of': 'is_offered_out_of_hours', 'when': 'is_answered', 'scopes': ['enterprise']},
        {'id': 'P1-2', 'kind': 'rate', 'of': 'is_offered and has_waits', 'cases': 'is_offered', 'when': 'is_answered and is_connected_in_time', 'scopes': ['enterprise']},
        {'id': 'P1-2', 'variant': 'of_answered', 'kind': 'rate', 'of': 'is_offered and is_answered and has_waits', 'when': 'is_connected_in_time'},
        {'id': 'P2-1a', 'kind': 'mean', 'of': 'is_answered', 'value': 'wait_seconds', 'within': 'is_response_in_time'},
    ] + reported_measures('P1-2', 'is_answered and is_connected_in_time', of='is_offered', scopes=['enterprise'])
) }}
