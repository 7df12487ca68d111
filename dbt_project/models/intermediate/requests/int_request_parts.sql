{{ measure_parts(ref('int_request_measures'), ['region', 'outlet', 'staff', 'channel', 'product_category'], request_measures()) }}
