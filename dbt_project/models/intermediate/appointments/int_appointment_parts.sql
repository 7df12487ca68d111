{{ parts_of_cells(ref('int_appointment_cells'), ['region', 'outlet', 'channel', 'product_category'], appointment_measures()) }}
