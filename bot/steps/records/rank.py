PLACEHOLDER = 1
def rank(**_): return None
