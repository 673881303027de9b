DROP TABLE usage_events;
DROP TABLE ai_providers;
