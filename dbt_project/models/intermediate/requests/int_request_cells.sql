{{ measure_cells(
    ref('int_request_measures'),
    ['region', 'outlet', 'staff', 'channel', 'product_category'],
    request_measures(),
    ['enterprise_id', 'quarter', 'month_start']
) }}
