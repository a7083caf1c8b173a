import type { ShopSize } from './shop.ts'

/** The shop's tables on MariaDB: the same rows in the types that it has for them. */
export const MARIADB_SCHEMA = `
create table customers (
  id            bigint unsigned auto_increment primary key,
  email         varchar(120) not null unique,
  name          text not null,
  born          date,
  address       json not null default '{}',
  tags          json not null default '[]',
  credit        decimal(12,2) not null default 0,
  newsletter    boolean not null default false,
  created_at    datetime(6) not null default current_timestamp(6)
);

create table products (
  id            int primary key,
  sku           uuid not null unique,
  title         varchar(200) character set latin1 not null,
  price         decimal(10,2) not null,
  weight_kg     double,
  picture       blob,
  attributes    json,
  changed_at    datetime(3) not null default current_timestamp(3)
);

create table orders (
  id            bigint auto_increment primary key,
  customer_id   bigint unsigned not null,
  status        enum('placed', 'paid', 'shipped', 'returned') not null default 'placed',
  total         decimal(14,2) not null,
  note          text,
  placed_at     timestamp(6) not null default current_timestamp(6),
  deliver_after time
);

create table order_items (
  order_id      bigint not null,
  line          smallint not null,
  product_id    int not null,
  quantity      mediumint not null,
  unit_price    decimal(10,2) not null,
  discount      float,
  primary key (order_id, line)
);
`

/** The statements that fill the shop: the same rows every time. */
export const mariadbRows = ({ customers, products, orders }: ShopSize): string => `
insert into customers (email, name, born, address, tags, credit, newsletter, created_at)
select concat('customer', seq, '@example.com'),
       concat(elt(1 + seq % 8, 'Ada','Bo','Chidi','Dörte','Émile','Fatima','Goro','Håkon'), ' ',
         elt(1 + seq % 7, 'Ng','O''Neil','Smith','Müller','Іваненко','王','de la Cruz')),
       if(seq % 9 > 0, '1940-01-01' + interval (seq * 37) % 25000 day, null),
       json_object('street', concat(seq, ' Mill Race'), 'city', concat('Town ', seq % 300)),
       elt(1 + seq % 3, '[]', '["new"]', '["vip", "says \\\\"hi\\\\"", null]'),
       (seq * 7919) % 100000 / 100, seq % 2 = 0,
       '2024-01-01 00:00:00.123456' + interval seq * 787000001 microsecond
from seq_1_to_${customers};

insert into products
select seq, insert(insert(md5(concat('sku', seq)), 17, 1, '8'), 13, 1, '4'), concat('Pröduct ', seq), (seq * 6007) % 50000 / 100, seq * 0.37,
       if(seq % 10 = 0, unhex(md5(seq)), null),
       json_object('colour', elt(1 + seq % 3, 'red', 'green', 'blue'), 'sizes', json_array(seq % 5, seq % 7)),
       '2025-01-01' + interval seq * 1500000 microsecond
from seq_1_to_${products};

insert into orders (customer_id, status, total, note, placed_at, deliver_after)
select 1 + seq % ${customers}, 1 + seq % 4, (seq * 104729) % 90000 / 100,
       if(seq % 5 = 0, repeat('please ring twice ', 1 + seq % 4), null),
       '2025-01-01' + interval seq * 41000007 microsecond,
       if(seq % 4 = 0, sec_to_time(28800 + 60 * (seq % 600)), null)
from seq_1_to_${orders};

insert into order_items
select o.seq, l.seq, 1 + (o.seq * l.seq) % ${products}, 1 + (o.seq + l.seq) % 9,
       (o.seq * 15485863) % 50000 / 100, if(o.seq % 6 = 0, 0.15, null)
from seq_1_to_${orders} o, seq_1_to_2 l;
`
