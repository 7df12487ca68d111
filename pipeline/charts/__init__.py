"""Charts as Vega-Lite specifications by Altair, and their rendering without a browser or network.

``drawing`` renders; the other modules make one kind of chart each from rows. What a chart is about is said by those who ask for it.
"""
