from django.urls import path

from distviz.dashboard import views

app_name = "dashboard"

urlpatterns = [
    path("", views.home, name="home"),
    path("six/", views.home_six, name="home_six"),
    path("break/", views.watch_it_break, name="break"),
    path("lab/<slug:protocol>/", views.lab, name="lab"),
    path("lab/<slug:protocol>/panels/", views.lab_panels, name="lab_panels"),
    path("runs/", views.runs, name="runs"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
    path("runs/<uuid:run_id>/events/<int:seq>/", views.event, name="event"),
    path("runs/<uuid:run_id>/frame/", views.run_frame, name="run_frame"),
    path("runs/<uuid:run_id>/panels/", views.run_panels, name="run_panels"),
    path("runs/<uuid:run_id>/probe/", views.run_probe, name="run_probe"),
    path("runs/<uuid:run_id>/rival/", views.rival, name="rival"),
    path("runs/<uuid:run_id>/release/", views.release, name="release"),
    path("runs/<uuid:run_id>/retry/", views.retry, name="retry"),
    path("runs/<uuid:run_id>/again/", views.again, name="again"),
    path("runs/<uuid:run_id>/fork/", views.fork, name="fork"),
    path("runs/<uuid:run_id>/messages/deliver/", views.deliver_all, name="deliver_all"),
    path("runs/<uuid:run_id>/messages/<slug:mid>/<slug:verb>/", views.message, name="message"),
    path("choose/", views.choose, name="choose"),
    path("choose/prove/", views.choose_prove, name="choose_prove"),
    path("learn/", views.learn, name="learn"),
    path("learn/<slug:slug>/", views.lesson, name="lesson"),
    path("learn/<slug:slug>/frame/", views.lesson_frame, name="lesson_frame"),
    path("attention/", views.attention.page, name="attention"),
    path("attention/badge/", views.attention.badge, name="attention_badge"),
    path("attention/retry/", views.attention.retry_many, name="attention_retry"),
    path("attention/runs/<uuid:run_id>/force/", views.attention.force, name="attention_force"),
    path("attention/runs/<uuid:run_id>/<slug:verb>/", views.attention.act, name="attention_act"),
    path("attention/letters/<int:number>/aside/", views.attention.set_aside, name="attention_aside"),
    path("promises/", views.promises_page, name="promises"),
    path("promises/prove/", views.prove, name="prove"),
    path("race/", views.race, name="race"),
    path("compare/", views.compare, name="compare"),
    path("compare/frame/", views.compare_frame, name="compare_frame"),
    path("notifications/", views.notifications, name="notifications"),
]
