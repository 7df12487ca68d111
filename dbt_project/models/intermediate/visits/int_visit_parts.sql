{{ parts_of_cells(ref('int_visit_cells'), ['region', 'outlet', 'staff', 'product_category'], visit_measures()) }}
