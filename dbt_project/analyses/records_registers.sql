{{ config(meta={'indicators': indicators_of(register_measures())}) }}
{{ measure_records(ref('int_register_measures'), "case entry_kind when 'outlet' then 'outlets' when 'equipment' then 'equipment' when 'step' then 'process_steps' when 'price_item' then 'price_items' else 'checklist_items' end", register_measures()) }}
