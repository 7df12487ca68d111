{{ duration_statistics(
    ref('int_session_measures'),
    ['staff'],
    [{'id': 'P2-1b', 'of': 'is_live', 'value': 'reply_seconds', 'divisor': 60}]
) }}
