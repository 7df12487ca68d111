{{ duration_statistics(
    ref('int_request_measures'),
    ['region', 'outlet', 'staff', 'channel', 'product_category'],
    [
        {'id': 'P2-1c', 'of': 'is_urgent', 'value': 'response_seconds', 'divisor': 60},
        {'id': 'P2-3a', 'of': 'is_general', 'value': 'resolution_seconds', 'divisor': 3600},
        {'id': 'P2-3b', 'of': 'is_complex', 'value': 'resolution_working_seconds', 'divisor': 86400},
    ]
) }}
