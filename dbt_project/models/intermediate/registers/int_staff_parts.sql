{{ measure_parts(ref('int_staff_measures'), ['region', 'outlet'], staff_measures(), key='period') }}
