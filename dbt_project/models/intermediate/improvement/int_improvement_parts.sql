{{ measure_parts(ref('int_improvement_measures'), [], improvement_measures()) }}
