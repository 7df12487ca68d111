{{ measure_parts(
    ref('int_spare_part_measures'),
    [],
    [
        {'id': 'R5-2', 'kind': 'mean', 'of': 'is_urgent', 'value': 'dispatch_seconds', 'within': 'is_dispatched_in_time', 'unknown': 'is_urgent is null'},
        {'id': 'R5-3', 'kind': 'mean', 'of': 'not is_urgent', 'value': 'lead_time_working_days', 'within': 'is_received_in_time', 'unknown': 'is_urgent is null'},
    ]
) }}
