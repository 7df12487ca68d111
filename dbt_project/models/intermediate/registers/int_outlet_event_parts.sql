{{ measure_parts(ref('int_outlet_event_measures'), ['region', 'outlet'], outlet_event_measures()) }}
