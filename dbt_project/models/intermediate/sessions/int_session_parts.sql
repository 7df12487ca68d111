{{ measure_parts(ref('int_session_measures'), ['staff'], session_measures()) }}
