{{ measure_parts(
    ref('int_complaint_measures'),
    ['region', 'outlet', 'channel'],
    [
        {'id': 'I1-2', 'kind': 'rate', 'when': 'is_replied_in_time'},
        {'id': 'I1-2', 'variant': 'urgent', 'kind': 'rate', 'of': 'is_urgent and not is_reported', 'when': 'is_urgent_replied_in_time'},
        {'id': 'I1-3', 'kind': 'rate', 'of': 'has_answered', 'when': 'is_satisfied'},
        {'id': 'I1-3', 'variant': 'answered', 'kind': 'rate', 'when': 'has_answered'},
        {'id': 'I1-3', 'variant': 'silence_as_dissatisfied', 'kind': 'rate', 'when': 'is_satisfied'},
    ] + reported_measures('I1-2', 'is_replied_in_time')
) }}
