{{ measure_cells(ref('int_visit_measures'), ['region', 'outlet', 'staff', 'product_category'], visit_measures(), ['enterprise_id', 'quarter', 'month_start']) }}
