{{ measure_parts(ref('int_complaint_measures'), ['region', 'outlet', 'channel'], complaint_measures()) }}
