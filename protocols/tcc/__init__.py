"""TCC: try, confirm, cancel. What a withdrawal will need is reserved in every service first; then one decision either
uses all of it or gives all of it back."""
