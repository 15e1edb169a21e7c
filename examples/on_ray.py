# %% [markdown]
# # The same study on a cluster
#
# Only the machine differs: `address="local"` starts a Ray on this machine, `"HOST:PORT"` joins a cluster.
# The bits of every result are the same, so that one may begin here and go on there.

# %%
import raymer

corpus = raymer.make_synthetic(100, 20, seed=0)
systems = ["svr", raymer.preset("pca-svr", {"width": 5})]
protocol = raymer.KFold(5, shuffle=True, seed=0)
here = raymer.cross_validate(corpus, systems, protocol, targets="valence")
there = raymer.cross_validate(corpus, systems, protocol, targets="valence", address="local", workers=2)
print(there)
print("same scores:", here.to_frame()["value"].tolist() == there.to_frame()["value"].tolist())
