{{ parts_of_cells(ref('int_request_cells'), ['region', 'outlet', 'staff', 'channel', 'product_category'], request_measures()) }}
