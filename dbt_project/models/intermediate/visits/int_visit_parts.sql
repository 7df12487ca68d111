{{ measure_parts(ref('int_visit_measures'), ['region', 'outlet', 'staff', 'product_category'], visit_measures()) }}
