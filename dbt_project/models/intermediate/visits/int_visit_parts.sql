{{ measure_parts(
    ref('int_visit_measures'),
    ['region', 'outlet', 'staff', 'product_category'],
    [
        {'id': 'P2-2', 'kind': 'rate', 'of': 'is_due', 'when': 'is_on_time', 'unknown': 'is_due is null'},
        {'id': 'P2-2', 'variant': 'too_early', 'kind': 'rate', 'of': 'is_due and not is_reported', 'when': 'is_early'},
        {'id': 'P2-2', 'variant': 'too_late', 'kind': 'rate', 'of': 'is_due and not is_reported', 'when': 'is_late'},
    ] + reported_measures('P2-2', 'is_on_time', of='is_due')
) }}
