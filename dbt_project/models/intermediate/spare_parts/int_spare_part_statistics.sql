{{ duration_statistics(
    ref('int_spare_part_measures'),
    [],
    [
        {'id': 'R5-2', 'of': 'is_urgent', 'value': 'dispatch_seconds', 'divisor': 3600},
        {'id': 'R5-3', 'of': 'not is_urgent', 'value': 'lead_time_working_days', 'divisor': 1},
    ]
) }}
