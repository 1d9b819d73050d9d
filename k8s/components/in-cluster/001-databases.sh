#!/bin/bash
# A database and a login for each service, on the first start of an empty volume. PostgreSQL lets every login connect to
# every database unless told otherwise: here each reaches its own only.
set -euo pipefail

provision() { # SERVICE PASSWORD
  psql -v ON_ERROR_STOP=1 -q -U "${POSTGRES_USER:-postgres}" -d postgres -v name="orderflow_$1" -v password="$2" <<'SQL'
CREATE ROLE :"name" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
}

provision order "$ORDER_DB_PASSWORD"
provision payment "$PAYMENT_DB_PASSWORD"
provision inventory "$INVENTORY_DB_PASSWORD"
provision notification "$NOTIFICATION_DB_PASSWORD"

psql -v ON_ERROR_STOP=1 -q -U "${POSTGRES_USER:-postgres}" -d postgres \
  -c 'REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC'
