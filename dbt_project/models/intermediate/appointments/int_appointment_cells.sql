{{ measure_cells(ref('int_appointment_measures'), ['region', 'outlet', 'channel', 'product_category'], appointment_measures(), ['enterprise_id', 'quarter', 'month_start']) }}
