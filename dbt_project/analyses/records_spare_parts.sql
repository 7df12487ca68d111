{{ config(meta={'indicators': indicators_of(spare_part_measures())}) }}
{{ measure_records(ref('int_spare_part_measures'), "'parts_orders'", spare_part_measures()) }}
