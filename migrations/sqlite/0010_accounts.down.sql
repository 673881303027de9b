DROP TABLE sign_in_places;
DROP TABLE account_links;
