{{ measure_parts(
    ref('int_improvement_measures'),
    [],
    [
        {'id': 'O4-2', 'kind': 'rate', 'of': "event_kind = 'hazard'", 'when': 'is_fixed_in_time'},
        {'id': 'I1-4', 'kind': 'rate', 'of': "suggestion_source = 'customer' and is_evaluated", 'when': 'adopted', 'unknown': "event_kind = 'suggestion' and suggestion_source is null"},
        {'id': 'I1-4', 'variant': 'employees', 'kind': 'rate', 'of': "suggestion_source = 'employee' and is_evaluated", 'when': 'adopted'},
        {'id': 'I3-1', 'variant': 'effective', 'kind': 'rate', 'of': "project_kind = 'innovation'", 'when': 'true'},
        {'id': 'I3-3', 'kind': 'rate', 'of': "project_kind = 'process_optimisation'", 'when': 'true'},
    ] + reported_measures('O4-2', 'is_fixed_in_time', of="event_kind = 'hazard'")
) }}
