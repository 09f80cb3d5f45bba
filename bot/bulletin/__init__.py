"""What a bulletin says and shows: composed from data, without database, network or clock. Storing and sending: bot/steps/bulletins."""
