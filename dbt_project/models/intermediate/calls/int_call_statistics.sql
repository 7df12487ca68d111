{{ duration_statistics(
    ref('int_call_measures'),
    ['staff'],
    [{'id': 'P2-1a', 'of': 'is_answered', 'value': 'wait_seconds', 'divisor': 1}]
) }}
