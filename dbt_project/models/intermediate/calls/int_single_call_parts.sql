{{ measure_parts(ref('int_call_measures'), ['staff'], call_measures()) }}
