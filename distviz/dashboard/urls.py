from django.urls import path

from distviz.dashboard.attention import views as attention
from distviz.dashboard.bench import views as bench
from distviz.dashboard.chaos import views as chaos
from distviz.dashboard.choose import views as choose
from distviz.dashboard.desks import desk, notifications
from distviz.dashboard.explore import views as explore
from distviz.dashboard.export import views as export
from distviz.dashboard.guards import views as guards
from distviz.dashboard.home import views as home
from distviz.dashboard.imports import views as imports
from distviz.dashboard.lab import views as lab
from distviz.dashboard.learn import views as learn
from distviz.dashboard.people import views as people
from distviz.dashboard.promises import views as promises
from distviz.dashboard.race import views as race
from distviz.dashboard.run import event_view, operate_views, probe_view, rival_view, turning_view
from distviz.dashboard.run import views as run
from distviz.dashboard.runs import views as runs

app_name = "dashboard"

urlpatterns = [
    path("", home.home, name="home"),
    path("six/", home.home_six, name="home_six"),
    path("break/", home.watch_it_break, name="break"),
    path("lab/<slug:protocol>/", lab.lab, name="lab"),
    path("lab/<slug:protocol>/panels/", lab.lab_panels, name="lab_panels"),
    path("lab/<slug:protocol>/books/", lab.lab_books, name="lab_books"),
    path("login/", people.log_in, name="login"),
    path("logout/", people.log_out, name="logout"),
    path("runs/", runs.runs, name="runs"),
    path("runs/<uuid:run_id>/", run.run, name="run"),
    path("runs/<uuid:run_id>/events/<int:seq>/", event_view.event, name="event"),
    path("runs/<uuid:run_id>/frame/", run.run_frame, name="run_frame"),
    path("runs/<uuid:run_id>/overview/", run.run_overview, name="run_overview"),
    path("runs/<uuid:run_id>/panels/", run.run_panels, name="run_panels"),
    path("runs/<uuid:run_id>/probe/", probe_view.run_probe, name="run_probe"),
    path("runs/<uuid:run_id>/rival/", rival_view.rival, name="rival"),
    path("runs/<uuid:run_id>/export.<slug:ending>", export.export, name="export"),
    path("runs/<uuid:run_id>/release/", operate_views.release, name="release"),
    path("runs/<uuid:run_id>/turning/", turning_view.turning, name="turning"),
    path("runs/<uuid:run_id>/retry/", operate_views.retry, name="retry"),
    path("runs/<uuid:run_id>/again/", operate_views.again, name="again"),
    path("runs/<uuid:run_id>/fork/", operate_views.fork, name="fork"),
    path("runs/<uuid:run_id>/messages/deliver/", operate_views.deliver_all, name="deliver_all"),
    path("runs/<uuid:run_id>/messages/<slug:mid>/<slug:verb>/", operate_views.message, name="message"),
    path("choose/", choose.choose, name="choose"),
    path("choose/prove/", choose.choose_prove, name="choose_prove"),
    path("learn/", learn.learn, name="learn"),
    path("learn/<slug:slug>/", learn.lesson, name="lesson"),
    path("learn/<slug:slug>/frame/", learn.lesson_frame, name="lesson_frame"),
    path("attention/", attention.page, name="attention"),
    path("attention/badge/", attention.badge, name="attention_badge"),
    path("attention/retry/", attention.retry_many, name="attention_retry"),
    path("attention/runs/<uuid:run_id>/force/", attention.force, name="attention_force"),
    path("attention/runs/<uuid:run_id>/<slug:verb>/", attention.act, name="attention_act"),
    path("attention/letters/<int:number>/aside/", attention.set_aside, name="attention_aside"),
    path("bench/", bench.bench, name="bench"),
    path("bench/frame/", bench.bench_frame, name="bench_frame"),
    path("bench/<uuid:result_id>.csv", bench.bench_csv, name="bench_csv"),
    path("chaos/", chaos.chaos, name="chaos"),
    path("explore/", explore.explore, name="explore"),
    path("explore/<uuid:exploration_id>/frame/", explore.explore_frame, name="explore_frame"),
    path("explore/<uuid:exploration_id>/stop/", explore.stop, name="explore_stop"),
    path("explore/<uuid:exploration_id>/export.<slug:ending>", explore.explore_export, name="explore_export"),
    path("guards/", guards.guards, name="guards"),
    path("guards/<slug:protocol>/<slug:guard>/find/", guards.find, name="guards_find"),
    path("import/", imports.import_page, name="import"),
    path("import/<uuid:import_id>/", imports.imported, name="imported"),
    path("import/<uuid:import_id>/export.<slug:ending>", imports.imported_export, name="imported_export"),
    path("promises/", promises.promises_page, name="promises"),
    path("promises/prove/", promises.prove, name="prove"),
    path("race/", race.race, name="race"),
    path("compare/", race.compare, name="compare"),
    path("compare/export.<slug:ending>", export.compare_export, name="compare_export"),
    path("compare/frame/", race.compare_frame, name="compare_frame"),
    *desk.urls(),
    path("notifications/", notifications.notifications, name="notifications"),
]
