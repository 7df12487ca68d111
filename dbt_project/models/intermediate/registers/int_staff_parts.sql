{{ measure_parts(
    ref('int_staff_measures'),
    ['region', 'outlet'],
    [
        {'id': 'R3-2', 'kind': 'rate', 'of': 'required_days > 0', 'when': 'certified_days >= required_days'},
        {'id': 'R3-2', 'variant': 'person_days', 'kind': 'ratio', 'of': 'required_days > 0', 'numerator': 'certified_days', 'denominator': 'required_days'},
        {'id': 'R3-3', 'kind': 'rate', 'of': 'is_employed', 'when': 'is_technical'},
        {'id': 'R3-4', 'kind': 'rate', 'of': 'is_employed', 'when': 'is_trained_enough'},
        {'id': 'R3-4', 'variant': 'mean_hours', 'kind': 'mean', 'of': 'is_employed', 'value': 'training_hours'},
    ],
    key='period'
) }}
