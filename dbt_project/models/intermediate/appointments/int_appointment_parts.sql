{{ measure_parts(
    ref('int_appointment_measures'),
    ['region', 'outlet', 'channel', 'product_category'],
    [{'id': 'P1-4', 'kind': 'rate', 'when': 'is_bookable_in_time'}] + reported_measures('P1-4', 'is_bookable_in_time')
) }}
