{{ measure_parts(ref('int_register_measures'), ['region', 'outlet'], register_measures()) }}
