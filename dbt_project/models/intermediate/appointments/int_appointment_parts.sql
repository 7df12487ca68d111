{{ measure_parts(ref('int_appointment_measures'), ['region', 'outlet', 'channel', 'product_category'], appointment_measures()) }}
