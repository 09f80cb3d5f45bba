"""From reports to a study's numbers: rules without a database. The pages and steps around them: bot/web, bot/steps/studies."""
