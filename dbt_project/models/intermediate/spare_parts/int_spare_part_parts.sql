{{ measure_parts(ref('int_spare_part_measures'), [], spare_part_measures()) }}
