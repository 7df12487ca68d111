{{ duration_statistics(
    ref('int_register_measures'),
    ['region'],
    [
        {'id': 'R1-2a', 'of': "entry_kind = 'outlet' and entry_class = 'urban'", 'value': 'quantity', 'divisor': 1},
        {'id': 'R1-2b', 'of': "entry_kind = 'outlet' and entry_class = 'suburban'", 'value': 'quantity', 'divisor': 1},
        {'id': 'R1-3a', 'of': "entry_kind = 'outlet'", 'value': 'open_days', 'divisor': 1},
        {'id': 'R1-3b', 'of': "entry_kind = 'outlet'", 'value': 'open_hours', 'divisor': 1},
    ]
) }}
