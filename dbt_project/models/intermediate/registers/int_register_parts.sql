{{ measure_parts(
    ref('int_register_measures'),
    ['region', 'outlet'],
    [
        {'id': 'R1-3a', 'kind': 'rate', 'of': "entry_kind = 'outlet'", 'when': 'is_open_days_enough', 'scopes': ['enterprise', 'region']},
        {'id': 'R1-3a', 'variant': 'mean', 'kind': 'mean', 'of': "entry_kind = 'outlet'", 'value': 'open_days', 'scopes': ['enterprise', 'region']},
        {'id': 'R1-3b', 'kind': 'rate', 'of': "entry_kind = 'outlet'", 'when': 'is_open_hours_enough', 'scopes': ['enterprise', 'region']},
        {'id': 'R1-3b', 'variant': 'mean', 'kind': 'mean', 'of': "entry_kind = 'outlet'", 'value': 'open_hours', 'scopes': ['enterprise', 'region']},
        {'id': 'R1-2a', 'variant': 'mean', 'kind': 'mean', 'of': "entry_kind = 'outlet' and entry_class = 'urban'", 'value': 'quantity', 'within': 'is_fulfilled', 'scopes': ['enterprise', 'region']},
        {'id': 'R1-2b', 'variant': 'mean', 'kind': 'mean', 'of': "entry_kind = 'outlet' and entry_class = 'suburban'", 'value': 'quantity', 'within': 'is_fulfilled', 'scopes': ['enterprise', 'region']},
        {'id': 'R2-2', 'kind': 'rate', 'of': "entry_kind = 'outlet'", 'when': 'has_system', 'scopes': ['enterprise', 'region']},
        {'id': 'R2-3', 'kind': 'rate', 'of': "entry_kind = 'equipment'", 'when': 'is_fulfilled'},
        {'id': 'I2-1', 'kind': 'rate', 'of': "entry_kind = 'step'", 'when': 'is_fulfilled', 'scopes': ['enterprise']},
        {'id': 'O3-1a', 'kind': 'rate', 'of': "entry_kind = 'price_item'", 'when': 'is_fulfilled', 'scopes': ['enterprise']},
        {'id': 'R4-2', 'kind': 'ratio', 'of': "entry_kind = 'checklist:R4-2'", 'numerator': 'cast(weight as decimal(19, 6)) * quantity', 'denominator': 'weight', 'n': '1', 'scopes': ['enterprise']},
        {'id': 'R4-3', 'kind': 'ratio', 'of': "entry_kind = 'checklist:R4-3'", 'numerator': 'cast(weight as decimal(19, 6)) * quantity', 'denominator': 'weight', 'n': '1', 'scopes': ['enterprise']},
        {'id': 'P3-2', 'kind': 'ratio', 'of': "entry_kind = 'checklist:P3-2'", 'numerator': 'cast(weight as decimal(19, 6)) * quantity', 'denominator': 'weight', 'n': '1', 'scopes': ['enterprise']},
        {'id': 'O4-3', 'kind': 'ratio', 'of': "entry_kind = 'checklist:O4-3'", 'numerator': 'cast(weight as decimal(19, 6)) * quantity', 'denominator': 'weight', 'n': '1', 'scopes': ['enterprise']},
        {'id': 'I3-2', 'kind': 'ratio', 'of': "entry_kind = 'checklist:I3-2'", 'numerator': 'cast(weight as decimal(19, 6)) * quantity', 'denominator': 'weight', 'n': '1', 'scopes': ['enterprise']},
    ]
) }}
