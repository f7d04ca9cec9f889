"""`/login/` and `/logout/`: Django's own, in the lab's look. Nobody has to log in to look."""

from django.contrib.auth.views import LoginView, LogoutView

from distviz.dashboard.people.forms import LoginForm

log_in = LoginView.as_view(
    template_name="people/login.html",
    authentication_form=LoginForm,
    redirect_authenticated_user=False,
    extra_context={"lesson": None},
)
log_out = LogoutView.as_view(next_page="/")
